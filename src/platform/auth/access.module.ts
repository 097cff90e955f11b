import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessService } from './access.service.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeyService } from './api-key.service.js';
import { OidcService } from './oidc.service.js';
import { SessionEntity } from './session.entity.js';
import { SessionRepository } from './session.repository.js';
import { SessionService } from './session.service.js';

/** Access: keys, tokens of an issuer, and sessions. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity, SessionEntity])],
  providers: [AccessService, ApiKeyRepository, ApiKeyService, OidcService, SessionRepository, SessionService],
  exports: [AccessService, SessionService],
})
export class AccessModule {}
