import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessService } from './access.service.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeyService } from './api-key.service.js';
import { OidcService } from './oidc.service.js';

/** Access: keys, and tokens of an issuer. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity])],
  providers: [AccessService, ApiKeyRepository, ApiKeyService, OidcService],
  exports: [AccessService],
})
export class AccessModule {}
