import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import { ApiPage } from '../../../platform/http/api.js';
import type { Page } from '../../../platform/http/page.js';
import { AlertDto, ListAlertsQuery } from './alert.dto.js';
import { AlertService } from './alert.service.js';

/** `/alert`: what people were told, and what waits. */
@ApiTags('monitoring')
@Controller('alert')
export class AlertController {
  constructor(private readonly alerts: AlertService) {}

  /** List alerts, newest first: what was sent, what waits and why, what was given up. */
  @Get()
  @Requires('read')
  @ApiPage(AlertDto)
  listAlerts(@Query() query: ListAlertsQuery): Promise<Page<AlertDto>> {
    return this.alerts.list(query);
  }
}
